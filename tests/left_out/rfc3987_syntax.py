"""In place of an optional package of jsonschema, which checks internationalised addresses with it and else does without it.

Every process that imports nbformat would import it, and for that compile a grammar for more than a second.
"""

raise ImportError("left out in tests")
