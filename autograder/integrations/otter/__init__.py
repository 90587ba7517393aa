"""Source notebooks for `otter assign`, and the plugin that grades submissions. Needs the extra `otter`."""
