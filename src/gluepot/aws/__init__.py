"""What every caller of AWS shares: access, sessions that renew themselves, ARNs, faults, whole answers."""
