"""The one way anything is ever run."""
