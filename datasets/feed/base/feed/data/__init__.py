"""The rows that the service reads: users, posts, who follows whom, the search index."""
