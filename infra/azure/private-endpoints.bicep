// The addresses inside the virtual network by which vault, registry, share, Redis and PostgreSQL are reached.

param name string
param location string
param vaultName string
param registryName string
param storageName string
param sharedGroup string

resource network 'Microsoft.Network/virtualNetworks@2026-03-01' existing = {
  name: '${name}-network'
}

resource subnet 'Microsoft.Network/virtualNetworks/subnets@2026-03-01' existing = {
  parent: network
  name: 'endpoints'
}

var targets = [
  {
    name: 'vault'
    id: resourceId('Microsoft.KeyVault/vaults', vaultName)
    group: 'vault'
    zone: 'privatelink.vaultcore.azure.net'
  }
  {
    name: 'registry'
    id: resourceId(sharedGroup, 'Microsoft.ContainerRegistry/registries', registryName)
    group: 'registry'
    zone: 'privatelink.azurecr.io'
  }
  {
    name: 'files'
    id: resourceId(sharedGroup, 'Microsoft.Storage/storageAccounts', storageName)
    group: 'file'
    zone: 'privatelink.file.${environment().suffixes.storage}'
  }
  {
    name: 'postgres'
    id: resourceId('Microsoft.DBforPostgreSQL/flexibleServers', '${name}-postgres')
    group: 'postgresqlServer'
    zone: 'privatelink.postgres.database.azure.com'
  }
  {
    name: 'redis'
    id: resourceId('Microsoft.Cache/redisEnterprise', '${name}-redis')
    group: 'redisEnterprise'
    zone: 'privatelink.redis.azure.net'
  }
]

// Like avm/res/network/private-endpoint.
resource endpoint 'Microsoft.Network/privateEndpoints@2026-03-01' = [for item in targets: {
  name: '${name}-${item.name}'
  location: location
  properties: {
    subnet: {
      id: subnet.id
    }
    privateLinkServiceConnections: [
      {
        name: item.name
        properties: {
          privateLinkServiceId: item.id
          groupIds: [
            item.group
          ]
        }
      }
    ]
  }
}]

resource zoneGroup 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2026-03-01' = [for (item, index) in targets: {
  parent: endpoint[index]
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: item.name
        properties: {
          privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', item.zone)
        }
      }
    ]
  }
}]
