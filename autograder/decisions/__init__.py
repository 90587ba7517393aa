"""What people decide about results, and the folder of results that follows: shared by the commands and the server."""
