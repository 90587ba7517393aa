"""Workers: started, limited and ended."""
