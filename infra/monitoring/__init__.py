"""Dashboards, alerts and log mapping, and what checks them."""
