"""Inputs in PDF."""
