"""The record of all gradings, in a database: SQLite beside the results, or any database that SQLAlchemy knows by its URL.

Only commands that read or write the record import these modules: SQLAlchemy takes a third of a second to import.
"""
