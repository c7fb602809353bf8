// Plumbline on Azure Container Apps. One deployment makes one environment (staging, production) in its
// resource group; staging may use the registry and the file share of production.
// docs/how-to/deploy-infrastructure.md walks through it; docs/reference/infrastructure.md says what each
// resource is for and costs.
//
// Plain resources in the subset of Bicep that checkov's parser reads, so that the checks see all of them.
// A comment names the Azure Verified Module that each follows. Modules take names, never outputs of each
// other, so that what-if can look into all of them.
targetScope = 'resourceGroup'

@description('Name of the container app; other names begin with it.')
@minLength(3)
@maxLength(20)
param name string

@description('Region.')
param location string = resourceGroup().location

@description('Name of the registry, in the whole of Azure. Letters and digits.')
@minLength(5)
@maxLength(50)
param registryName string

@description('Name of the storage account with the file share, in the whole of Azure.')
@minLength(3)
@maxLength(24)
param storageName string

@description('Name of the Key Vault, in the whole of Azure.')
@minLength(3)
@maxLength(24)
param vaultName string

@description('Resource group of a registry and a storage account that are there; empty: they are made here.')
param sharedResourceGroup string = ''

@description('Whether the service and its worker may write to the index. Staging only reads production\'s.')
param indexAccess string = 'ReadWrite'

@description('Object id of the Entra group that administers PostgreSQL.')
param databaseAdministratorId string

@description('Name of that group.')
param databaseAdministratorName string

@description('Issuer of the federated tokens of the pipeline\'s service connection; empty: no identity is made for it.')
param deploymentIssuer string = ''

@description('Subject of these tokens.')
param deploymentSubject string = ''

@description('Subject of the tokens of the service connection that builds images; empty: none is made here.')
param buildSubject string = ''

@description('RootSquash, or NoRootSquash for the first deployment, until the folders of the share are made.')
param rootSquash string = 'RootSquash'

@description('The image by digest. Empty: no app yet, since the registry is new; deploy again when it holds one.')
param image string = ''

@description('Id of the release that runs (rel-…); empty before the first. infra/steps/running-release.sh reads it.')
param release string = ''

@description('The traffic as it is now, as Azure lists it; what is not named would lose its label. infra/steps/running-release.sh reads it.')
param traffic array = []

@description('Whether the service can be reached from outside the virtual network.')
param publicIngress bool = false

@description('Replicas of the service.')
@minValue(1)
param minReplicas int = 2

@minValue(1)
param maxReplicas int = 10

@description('Replicas of the worker: so many jobs run at a time.')
@minValue(1)
param workers int = 1

@description('The chat model, as PLUMB_CHAT_MODEL takes it.')
param chatModel string = 'extractive'

@description('OpenID Connect issuer whose tokens are accepted; empty: keys only.')
param authIssuer string = ''

@description('What a token must name as its audience.')
param authAudience string = ''

@description('More settings from the vault: [{variable: PLUMB_CHAT_API_KEY, secret: plumb-chat-api-key}]. The secrets must be there.')
param secretSettings array = []

@description('Size of Azure Managed Redis.')
param redisSku string = 'Balanced_B1'

@description('Whether Redis keeps a copy in another zone.')
param redisHighAvailability string = 'Enabled'

@description('Size of PostgreSQL.')
param postgresSku string = 'Standard_D2ds_v5'

@description('Burstable, GeneralPurpose or MemoryOptimized, as the size belongs to.')
param postgresTier string = 'GeneralPurpose'

@description('Disabled, SameZone or ZoneRedundant.')
param postgresHighAvailability string = 'ZoneRedundant'

@description('Days for which logs are kept.')
@minValue(30)
@maxValue(730)
param logDays int = 90

@description('Limit on the cost of a month, in the currency of the subscription.')
@minValue(1)
param monthlyBudget int

@description('Whom the budget writes to.')
param budgetEmails array

@description('First day of the budget, the first of a month: 2026-12-01.')
param budgetStart string

@description('Address space of the virtual network.')
param addressSpace string = '10.40.0.0/16'

@description('Subnet of the apps, /23 or larger.')
param appsSubnet string = '10.40.0.0/23'

@description('Subnet of private endpoints.')
param endpointsSubnet string = '10.40.2.0/26'

@description('Subnet of the pipeline\'s agents, which reach index and database.')
param agentsSubnet string = '10.40.2.64/26'

var sharedGroup = empty(sharedResourceGroup) ? resourceGroup().name : sharedResourceGroup
var ownsShared = empty(sharedResourceGroup)

module network 'network.bicep' = {
  name: 'network'
  params: {
    name: name
    location: location
    addressSpace: addressSpace
    appsSubnet: appsSubnet
    endpointsSubnet: endpointsSubnet
    agentsSubnet: agentsSubnet
  }
}

module observability 'observability.bicep' = {
  name: 'observability'
  params: {
    name: name
    location: location
    logDays: logDays
    monthlyBudget: monthlyBudget
    budgetEmails: budgetEmails
    budgetStart: budgetStart
  }
}

module vault 'vault.bicep' = {
  name: 'vault'
  params: {
    name: name
    location: location
    vaultName: vaultName
  }
  dependsOn: [
    observability
  ]
}

module identities 'identities.bicep' = {
  name: 'identities'
  params: {
    name: name
    location: location
    vaultName: vaultName
    deploymentIssuer: deploymentIssuer
    deploymentSubject: deploymentSubject
    buildSubject: buildSubject
  }
  dependsOn: [
    observability
    vault
  ]
}

module shared 'shared.bicep' = if (ownsShared) {
  name: 'shared'
  params: {
    name: name
    location: location
    registryName: registryName
    storageName: storageName
    rootSquash: rootSquash
  }
  dependsOn: [
    observability
  ]
}

module registryAccess 'registry-access.bicep' = {
  name: '${name}-registry-access'
  scope: resourceGroup(sharedGroup)
  params: {
    registryName: registryName
    identityNames: [
      '${name}-app'
      '${name}-worker'
    ]
    identityGroup: resourceGroup().name
    pusherName: empty(buildSubject) ? '' : '${name}-build'
  }
  dependsOn: [
    identities
    shared
  ]
}

module databases 'databases.bicep' = {
  name: 'databases'
  params: {
    name: name
    location: location
    vaultName: vaultName
    redisSku: redisSku
    redisHighAvailability: redisHighAvailability
    postgresSku: postgresSku
    postgresTier: postgresTier
    postgresHighAvailability: postgresHighAvailability
    databaseAdministratorId: databaseAdministratorId
    databaseAdministratorName: databaseAdministratorName
  }
  dependsOn: [
    vault
  ]
}

module endpoints 'private-endpoints.bicep' = {
  name: 'private-endpoints'
  params: {
    name: name
    location: location
    vaultName: vaultName
    registryName: registryName
    storageName: storageName
    sharedGroup: sharedGroup
  }
  dependsOn: [
    network
    databases
    shared
  ]
}

module apps 'apps.bicep' = if (!empty(image)) {
  name: 'apps'
  params: {
    name: name
    location: location
    image: image
    release: release
    traffic: traffic
    registryName: registryName
    vaultName: vaultName
    storageName: storageName
    indexAccess: indexAccess
    publicIngress: publicIngress
    minReplicas: minReplicas
    maxReplicas: maxReplicas
    workers: workers
    chatModel: chatModel
    authIssuer: authIssuer
    authAudience: authAudience
    secretSettings: secretSettings
  }
  dependsOn: [
    endpoints
    identities
    registryAccess
  ]
}
