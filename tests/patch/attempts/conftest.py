"""The small projects here bring tests of their own, which are run in copies of their trees."""

collect_ignore_glob = ["*/good/*", "*/bad/*", "*/workload/*"]
