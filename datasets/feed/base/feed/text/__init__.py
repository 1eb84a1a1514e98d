"""What a post's text says: words, mentions, language, spam."""
