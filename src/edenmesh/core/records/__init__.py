"""What is true: versions, and the state of a record as a pure function of them."""
