// Redis and PostgreSQL.

param name string
param location string
param vaultName string
param redisSku string
param redisHighAvailability string
param postgresSku string
param postgresTier string
param postgresHighAvailability string
param databaseAdministratorId string
param databaseAdministratorName string

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: '${name}-logs'
}

resource vault 'Microsoft.KeyVault/vaults@2026-05-15' existing = {
  name: vaultName
}

// Like avm/res/cache/redis-enterprise: Azure Managed Redis. Azure Cache for Redis can be made no more.
resource redis 'Microsoft.Cache/redisEnterprise@2025-07-01' = {
  name: '${name}-redis'
  location: location
  sku: {
    name: redisSku
  }
  properties: {
    minimumTlsVersion: '1.2'
    highAvailability: redisHighAvailability
    publicNetworkAccess: 'Disabled'
  }
}

// NoCluster: jobs change several keys in one transaction, which clusters refuse. VolatileLRU: kept answers
// and conversations may go, jobs have no time to live and stay. Keys, since redis.url carries a password.
resource redisDatabase 'Microsoft.Cache/redisEnterprise/databases@2025-07-01' = {
  parent: redis
  name: 'default'
  properties: {
    clientProtocol: 'Encrypted'
    port: 10000
    clusteringPolicy: 'NoCluster'
    evictionPolicy: 'VolatileLRU'
    accessKeysAuthentication: 'Enabled'
    persistence: {
      aofEnabled: true
      aofFrequency: '1s'
      rdbEnabled: false
    }
  }
}

// Made again by each deployment, so that a new key arrives here; revisions read it when they start.
resource redisUrl 'Microsoft.KeyVault/vaults/secrets@2026-05-15' = {
  parent: vault
  name: 'plumb-redis-url'
  properties: {
    contentType: 'PLUMB_REDIS_URL'
    value: 'rediss://:${uriComponent(redisDatabase.listKeys().primaryKey)}@${redis.properties.hostName}:10000/0'
  }
}

// Like avm/res/db-for-postgre-sql/flexible-server. Entra tokens only: there is no password to lose.
resource postgres 'Microsoft.DBforPostgreSQL/flexibleServers@2026-10-01' = {
  name: '${name}-postgres'
  location: location
  sku: {
    name: postgresSku
    tier: postgresTier
  }
  properties: {
    version: '16'
    authConfig: {
      activeDirectoryAuth: 'Enabled'
      passwordAuth: 'Disabled'
      tenantId: subscription().tenantId
    }
    storage: {
      storageSizeGB: 32
      autoGrow: 'Enabled'
    }
    backup: {
      backupRetentionDays: 14
      geoRedundantBackup: 'Disabled'
    }
    highAvailability: {
      mode: postgresHighAvailability
    }
    network: {
      publicNetworkAccess: 'Disabled'
    }
  }
}

// The group that gives the service its role in the database; the service itself is no administrator.
resource administrators 'Microsoft.DBforPostgreSQL/flexibleServers/administrators@2026-10-01' = {
  parent: postgres
  name: databaseAdministratorId
  properties: {
    principalName: databaseAdministratorName
    principalType: 'Group'
    tenantId: subscription().tenantId
  }
}

resource database 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2026-10-01' = {
  parent: postgres
  name: 'plumbline'
  properties: {
    charset: 'UTF8'
    collation: 'en_US.utf8'
  }
}

resource redisLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: redisDatabase
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

resource postgresLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: postgres
  name: 'to-workspace'
  properties: {
    workspaceId: workspace.id
    logs: [
      {
        categoryGroup: 'allLogs'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}
