"""What `make` calls: bring up the environment, then run one task. Standard library only, for they run before it is there."""
