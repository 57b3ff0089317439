pytest_plugins = ["tests.support.prepared"]
