"""otter-grader: the source notebooks for `otter assign`, and the plugin that grades what comes back. Needs the extra `otter`."""
