// The environment of Container Apps, the service and its worker.
//
// infra/steps/ moves releases: deploy-revision.sh starts revisions, traffic-containerapps.sh shares the
// traffic, deploy-worker.sh moves the worker. A deployment of this file in between must change none of it: it is
// given image, release and traffic as they are now (infra/steps/running-release.sh).

param name string
param location string
param image string
param release string
param traffic array
param registryName string
param vaultName string
param storageName string
param indexAccess string
param publicIngress bool
param minReplicas int
param maxReplicas int
param workers int
param chatModel string
param authIssuer string
param authAudience string
param secretSettings array

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: '${name}-logs'
}

resource network 'Microsoft.Network/virtualNetworks@2026-03-01' existing = {
  name: '${name}-network'
}

resource subnet 'Microsoft.Network/virtualNetworks/subnets@2026-03-01' existing = {
  parent: network
  name: 'apps'
}

resource appIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: '${name}-app'
}

resource workerIdentity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: '${name}-worker'
}

// Like avm/res/app/managed-environment. Logs go by a diagnostic setting, which needs no key.
resource managedEnvironment 'Microsoft.App/managedEnvironments@2026-07-01' = {
  name: '${name}-environment'
  location: location
  properties: {
    vnetConfiguration: {
      infrastructureSubnetId: subnet.id
      internal: !publicIngress
    }
    zoneRedundant: true
    appLogsConfiguration: {
      destination: 'azure-monitor'
    }
    peerTrafficConfiguration: {
      encryption: {
        enabled: true
      }
    }
    workloadProfiles: [
      {
        name: 'Consumption'
        workloadProfileType: 'Consumption'
      }
    ]
  }
}

// Releases and prompts: the service only reads them.
resource releases 'Microsoft.App/managedEnvironments/storages@2026-07-01' = {
  parent: managedEnvironment
  name: 'releases'
  properties: {
    nfsAzureFile: {
      server: '${storageName}.file.${environment().suffixes.storage}'
      shareName: '/${storageName}/plumbline'
      accessMode: 'ReadOnly'
    }
  }
}

// Index and uploads.
resource data 'Microsoft.App/managedEnvironments/storages@2026-07-01' = {
  parent: managedEnvironment
  name: 'data'
  properties: {
    nfsAzureFile: {
      server: '${storageName}.file.${environment().suffixes.storage}'
      shareName: '/${storageName}/plumbline'
      accessMode: indexAccess
    }
  }
}

var vaultUri = 'https://${vaultName}${environment().suffixes.keyvaultDns}'
var databaseHost = '${name}-postgres.postgres.database.azure.com'
var moreSecretNames = [for item in secretSettings: item.secret]
var secretNames = concat([
  'plumb-redis-url'
  'plumb-telemetry-azure-connection-string'
], moreSecretNames)

var appSecrets = [for item in secretNames: {
  name: item
  keyVaultUrl: '${vaultUri}/secrets/${item}'
  identity: appIdentity.id
}]
var workerSecrets = [for item in secretNames: {
  name: item
  keyVaultUrl: '${vaultUri}/secrets/${item}'
  identity: workerIdentity.id
}]
var moreSecrets = [for item in secretSettings: {
  name: item.variable
  secretRef: item.secret
}]

var settings = concat([
  {
    name: 'PLUMB_INDEX_URL'
    value: '/mnt/data/index'
  }
  {
    name: 'PLUMB_SYNC_UPLOADS'
    value: '/mnt/data/uploads'
  }
  {
    name: 'PLUMB_REDIS_URL'
    secretRef: 'plumb-redis-url'
  }
  {
    name: 'PLUMB_TELEMETRY_AZURE_CONNECTION_STRING'
    secretRef: 'plumb-telemetry-azure-connection-string'
  }
  {
    name: 'PLUMB_TELEMETRY_LOG_FORMAT'
    value: 'json'
  }
  {
    name: 'PLUMB_CHAT_MODEL'
    value: chatModel
  }
], moreSecrets)

var released = empty(release) ? [] : [
  {
    name: 'PLUMB_RELEASE'
    value: '/mnt/plumbline/releases/${release}/release.json'
  }
  {
    name: 'PLUMB_PROMPT_FOLDER'
    value: '/mnt/plumbline/releases/${release}/prompts'
  }
]

var signIn = empty(authIssuer) ? [] : [
  {
    name: 'PLUMB_AUTH_ISSUER'
    value: authIssuer
  }
  {
    name: 'PLUMB_AUTH_AUDIENCE'
    value: authAudience
  }
]

// The identity's name is its role in PostgreSQL.
var asApp = [
  {
    name: 'AZURE_CLIENT_ID'
    value: appIdentity.properties.clientId
  }
  {
    name: 'PLUMB_STORE_URL'
    value: 'postgresql://${name}-app@${databaseHost}:5432/plumbline?sslmode=require&identity=azure'
  }
  {
    name: 'PLUMB_BROWSER_HSTS_S'
    value: '31536000'
  }
]
var asWorker = [
  {
    name: 'AZURE_CLIENT_ID'
    value: workerIdentity.properties.clientId
  }
  {
    name: 'PLUMB_STORE_URL'
    value: 'postgresql://${name}-worker@${databaseHost}:5432/plumbline?sslmode=require&identity=azure'
  }
]

var mounts = [
  {
    volumeName: 'releases'
    mountPath: '/mnt/plumbline'
  }
  {
    volumeName: 'data'
    mountPath: '/mnt/data'
    subPath: 'data'
  }
  {
    volumeName: 'temporary'
    mountPath: '/tmp'
  }
]
var volumes = [
  {
    name: 'releases'
    storageType: 'NfsAzureFile'
    storageName: 'releases'
  }
  {
    name: 'data'
    storageType: 'NfsAzureFile'
    storageName: 'data'
  }
  {
    name: 'temporary'
    storageType: 'EmptyDir'
  }
]

// Like avm/res/app/container-app. The user (10001) comes from the image. Container Apps has no read-only root
// file system.
resource app 'Microsoft.App/containerApps@2026-07-01' = {
  name: name
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${appIdentity.id}': {}
    }
  }
  properties: {
    environmentId: managedEnvironment.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Multiple'
      maxInactiveRevisions: 10
      ingress: {
        external: true
        targetPort: 8000
        transport: 'auto'
        allowInsecure: false
        // Only before the first release does anything follow the latest revision.
        traffic: empty(traffic) ? [
          {
            latestRevision: true
            weight: 100
          }
        ] : traffic
      }
      registries: [
        {
          server: '${registryName}.azurecr.io'
          identity: appIdentity.id
        }
      ]
      secrets: appSecrets
    }
    template: {
      revisionSuffix: release
      terminationGracePeriodSeconds: 60
      containers: [
        {
          name: 'plumbline'
          image: image
          args: [
            'serve'
          ]
          env: concat(settings, released, signIn, asApp)
          resources: {
            cpu: json('1.0')
            memory: '2Gi'
          }
          volumeMounts: mounts
          probes: [
            {
              // Two minutes: the image is ready within 5 s, with torch in it within 20 s on a busy machine.
              type: 'Startup'
              httpGet: {
                path: '/healthz'
                port: 8000
              }
              periodSeconds: 12
              timeoutSeconds: 5
              failureThreshold: 10
            }
            {
              type: 'Liveness'
              httpGet: {
                path: '/healthz'
                port: 8000
              }
              periodSeconds: 15
              timeoutSeconds: 5
              failureThreshold: 4
            }
            {
              type: 'Readiness'
              httpGet: {
                path: '/readyz'
                port: 8000
              }
              periodSeconds: 10
              timeoutSeconds: 6
              failureThreshold: 3
            }
          ]
        }
      ]
      scale: {
        minReplicas: minReplicas
        maxReplicas: maxReplicas
        rules: [
          {
            name: 'requests'
            http: {
              metadata: {
                // limits.answers_at_once is 16 by default.
                concurrentRequests: '10'
              }
            }
          }
        ]
      }
      volumes: volumes
    }
  }
  dependsOn: [
    releases
    data
  ]
}

// Like avm/res/app/container-app. Revision mode single: an old worker would go on taking jobs. No probe: it
// listens nowhere, and Container Apps runs no commands as probes.
resource worker 'Microsoft.App/containerApps@2026-07-01' = {
  name: '${name}-worker'
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${workerIdentity.id}': {}
    }
  }
  properties: {
    environmentId: managedEnvironment.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      maxInactiveRevisions: 5
      registries: [
        {
          server: '${registryName}.azurecr.io'
          identity: workerIdentity.id
        }
      ]
      secrets: workerSecrets
    }
    template: {
      // A job that is asked to stop ends its document first.
      terminationGracePeriodSeconds: 600
      containers: [
        {
          name: 'worker'
          image: image
          args: [
            'worker'
          ]
          env: concat(settings, released, asWorker)
          resources: {
            cpu: json('1.0')
            memory: '2Gi'
          }
          volumeMounts: mounts
        }
      ]
      scale: {
        minReplicas: workers
        maxReplicas: workers
      }
      volumes: volumes
    }
  }
  dependsOn: [
    releases
    data
  ]
}

resource logs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: managedEnvironment
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
