"""The Admin API of the sandbox store: GraphQL, tokens, cost, and the failures that can be ordered."""
