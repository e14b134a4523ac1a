"""What a volunteer disputes 有异议 in a record, and the year they confirm 我已核对."""
