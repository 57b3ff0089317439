"""What people see of accounting: the page of use, requests for more, exports."""
