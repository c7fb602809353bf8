// What environments may share: the registry with the images, and the file share with index, uploads,
// releases and runs.

param name string
param location string
param registryName string
param storageName string
param rootSquash string

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: '${name}-logs'
}

// Like avm/res/container-registry/registry. Premium, since only that has private endpoints. Its public
// address stays open for the build's hosted agents; nobody pulls or pushes without an identity's role.
resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' = {
  name: registryName
  location: location
  sku: {
    name: 'Premium'
  }
  properties: {
    adminUserEnabled: false
    anonymousPullEnabled: false
    publicNetworkAccess: 'Enabled'
    networkRuleBypassOptions: 'AzureServices'
    dataEndpointEnabled: true
    zoneRedundancy: 'Enabled'
    policies: {
      retentionPolicy: {
        days: 30
        status: 'enabled'
      }
    }
  }
}

// Like avm/res/storage/storage-account. NFS, not SMB: the index creates its records by hard links, which
// SMB shares lack. NFS knows no keys and, mounted by Container Apps, no TLS: the private endpoint is what
// keeps others out, so secure transfer is off and shared keys are off too.
resource storage 'Microsoft.Storage/storageAccounts@2026-09-01' = {
  name: storageName
  location: location
  kind: 'FileStorage'
  sku: {
    name: 'Premium_ZRS'
  }
  properties: {
    supportsHttpsTrafficOnly: false
    minimumTlsVersion: 'TLS1_2'
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    publicNetworkAccess: 'Disabled'
    networkAcls: {
      bypass: 'None'
      defaultAction: 'Deny'
    }
  }
}

resource files 'Microsoft.Storage/storageAccounts/fileServices@2026-09-01' = {
  parent: storage
  name: 'default'
  properties: {
    shareDeleteRetentionPolicy: {
      enabled: true
      days: 14
    }
  }
}

// 100 GiB is the least that can be provisioned. The first deployment leaves root as it is
// (NoRootSquash), so that an agent can make the folders; see the guide.
resource share 'Microsoft.Storage/storageAccounts/fileServices/shares@2026-09-01' = {
  parent: files
  name: 'plumbline'
  properties: {
    enabledProtocols: 'NFS'
    rootSquash: rootSquash
    shareQuota: 100
  }
}

resource registryLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: registry
  name: 'to-workspace'
  properties: {
    workspaceId: workspace.id
    logs: [
      {
        categoryGroup: 'allLogs'
        enabled: true
      }
    ]
  }
}

resource fileLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: files
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
