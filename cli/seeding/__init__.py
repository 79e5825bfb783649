"""A believable library for demos, tests and benchmarks, see ``vms seed``."""
