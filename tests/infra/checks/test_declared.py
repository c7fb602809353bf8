"""What files declare is counted without a parser."""

from __future__ import annotations

from pathlib import Path

from infra.checks.declared import declared_bicep, declared_kubernetes, declared_terraform


def test_bicep_is_counted_outside_of_comments_and_strings(tmp_path: Path) -> None:
    (tmp_path / "main.bicep").write_text(
        """
        // resource hidden 'A/b@1' = {
        /* resource hidden2 'A/b@1' = {
        */
        var text = '''
        resource hidden3 'A/b@1' = {
        '''
        var url = 'https://example.com' // a comment
        resource one 'A/b@2024-01-01' = {
          resource child 'c' = if (true) {
        }
        resource there 'A/b@2024-01-01' existing = {
        resource many 'A/c@2024-01-01' = [for item in items: {
        module part 'part.bicep' = {
        """,
        "utf-8",
    )
    found = declared_bicep(tmp_path)["main.bicep"]
    assert found.resources == ["one", "child", "there", "many"]
    assert found.existing == ["there"]
    assert found.modules == ["part"]


def test_terraform_is_counted_outside_of_comments_and_strings(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        """
        # resource "a_b" "hidden" {
        // resource "a_b" "hidden" {
        /* data "a_b" "hidden" { */
        locals {
          text = <<-EOT
            resource "a_b" "hidden" {
          EOT
          url = "https://example.com#x"
        }
        resource "a_b" "one" {}
        data "a_c" "two" {
        }
        """,
        "utf-8",
    )
    assert declared_terraform(tmp_path)["main.tf"] == ["a_b.one", "data.a_c.two"]


def test_an_overlay_counts_its_base_and_what_it_generates(tmp_path: Path) -> None:
    base, overlay = tmp_path / "base", tmp_path / "overlay"
    base.mkdir()
    overlay.mkdir()
    (base / "kustomization.yaml").write_text(
        "resources: [a.yaml]\nconfigMapGenerator: [{name: settings}]\n", "utf-8"
    )
    (base / "a.yaml").write_text("kind: A\nspec: {kind: B}\n---\nkind: C\n  kind: D\n", "utf-8")
    (overlay / "kustomization.yaml").write_text(
        "resources: [../base]\nsecretGenerator: [{name: s}]\n"
        "configMapGenerator: [{name: settings, behavior: merge}]\n",
        "utf-8",
    )
    assert declared_kubernetes(overlay) == 4
