"""Steps that several remediations share: one convergent AWS change each."""
