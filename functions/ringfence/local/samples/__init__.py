"""Events in the shapes that AWS publishes, made by us: a module for each source of events.

`catalogue` derives them from the declarations of the runbooks. The tests are made of the same events.
"""
