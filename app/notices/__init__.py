"""Word to people: an inbox for everybody, an outbox for whoever wants it elsewhere too."""
