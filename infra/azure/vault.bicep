// The Key Vault of an environment. Settings in it are named as docs/how-to/store-secrets.md says.

param name string
param location string
param vaultName string

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: '${name}-logs'
}

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: '${name}-insights'
}

// Like avm/res/key-vault/vault. A deleted vault keeps its name for 90 days: to make the environment again,
// recover it.
resource vault 'Microsoft.KeyVault/vaults@2026-05-15' = {
  name: vaultName
  location: location
  properties: {
    tenantId: subscription().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: true
    publicNetworkAccess: 'Disabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: 'Deny'
    }
  }
}

resource traces 'Microsoft.KeyVault/vaults/secrets@2026-05-15' = {
  parent: vault
  name: 'plumb-telemetry-azure-connection-string'
  properties: {
    contentType: 'PLUMB_TELEMETRY_AZURE_CONNECTION_STRING'
    value: insights.properties.ConnectionString
  }
}

resource audit 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'to-workspace'
  properties: {
    workspaceId: workspace.id
    logs: [
      {
        categoryGroup: 'audit'
        enabled: true
      }
    ]
  }
}
