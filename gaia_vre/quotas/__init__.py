"""Who may use how much, who pays, and what was used: accounts, allowances and the ledger."""
