"""The query language of clients: lexer, parser, schema, resolvers, executor."""
