"""One file a family of rules; each is a function of one function's code that yields matches."""
