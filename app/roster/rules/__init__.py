"""How the list of people is filtered and sorted."""
