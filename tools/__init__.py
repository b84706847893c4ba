"""What `make` calls: bring up the environment, then run one task. Setting up needs the standard library only."""
