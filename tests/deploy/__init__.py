"""The proxies that docs/deploy/ has configurations for."""
