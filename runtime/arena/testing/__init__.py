"""What tests need in place of the world: shipped, documented, never imported by the product itself.

Terms: a *manual clock* is a Clock whose time passes when the test says so. A *fake backend* runs nothing: the test scripts
when each of its processes starts, ends or falls ill. Imported by tests and templates alone.
"""
