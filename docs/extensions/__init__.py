"""What the site's build adds to Sphinx: pages made from the code instead of written beside it."""
