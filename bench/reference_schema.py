"""The reference's tables; frozen with it."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, type TEXT, created BIGINT, payload TEXT);
CREATE TABLE IF NOT EXISTS workspaces (id TEXT PRIMARY KEY, customer TEXT UNIQUE, status TEXT,
    period_end BIGINT, as_of BIGINT);
CREATE TABLE IF NOT EXISTS audit (event_id TEXT, workspace_id TEXT, action TEXT, period_end BIGINT);
"""
