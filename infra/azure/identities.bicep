// The identities, and the least that each needs. PostgreSQL keeps its own roles: see the guide.

param name string
param location string
param vaultName string
param deploymentIssuer string
param deploymentSubject string
param buildSubject string

var roles = {
  secretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  containerAppsContributor: '358470bc-b998-42bd-ab17-a7e34c199c0f'
  identityOperator: 'f1a07417-d97a-45cb-824c-7a7467783830'
  logReader: '73c42c96-874c-492b-b04d-ab87d138a893'
}
var processes = [
  'app'
  'worker'
]
var deploys = !empty(deploymentIssuer)

resource vault 'Microsoft.KeyVault/vaults@2026-05-15' existing = {
  name: vaultName
}

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: '${name}-logs'
}

// Like avm/res/managed-identity/user-assigned-identity. One each, so that rights and logs tell them apart.
resource process 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = [for item in processes: {
  name: '${name}-${item}'
  location: location
}]

// Key Vault Secrets User: reads values of secrets, here through the references of the container apps.
resource readsSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (item, index) in processes: {
  scope: vault
  name: guid(vault.id, name, item, roles.secretsUser)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.secretsUser)
    principalId: process[index].properties.principalId
    principalType: 'ServicePrincipal'
  }
}]

// What the pipeline's service connection signs in as, without a secret.
resource deployer 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = if (deploys) {
  name: '${name}-deploy'
  location: location
}

resource federation 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = if (deploys) {
  parent: deployer
  name: 'pipeline'
  properties: {
    issuer: deploymentIssuer
    subject: deploymentSubject
    audiences: [
      'api://AzureADTokenExchange'
    ]
  }
}

// Who pushes images: its right to do so is in registry-access.bicep.
resource builder 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = if (!empty(buildSubject)) {
  name: '${name}-build'
  location: location
}

resource buildFederation 'Microsoft.ManagedIdentity/userAssignedIdentities/federatedIdentityCredentials@2024-11-30' = if (!empty(buildSubject)) {
  parent: builder
  name: 'pipeline'
  properties: {
    issuer: deploymentIssuer
    subject: buildSubject
    audiences: [
      'api://AzureADTokenExchange'
    ]
  }
}

// Container Apps Contributor on this resource group: revisions, traffic, the worker's image.
resource movesApps 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (deploys) {
  name: guid(resourceGroup().id, name, 'deploy', roles.containerAppsContributor)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.containerAppsContributor)
    principalId: deployer.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

// Managed Identity Operator on the two identities: an update of an app assigns its identity again.
resource assignsIdentities 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (item, index) in processes: if (deploys) {
  scope: process[index]
  name: guid(resourceGroup().id, name, item, roles.identityOperator)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.identityOperator)
    principalId: deployer.properties.principalId
    principalType: 'ServicePrincipal'
  }
}]

// Key Vault Secrets User on the vault: the pipeline's own commands read its settings there (PLUMB_KEY_VAULT).
resource deployerReadsSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (deploys) {
  scope: vault
  name: guid(vault.id, name, 'deploy', roles.secretsUser)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.secretsUser)
    principalId: deployer.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

// Log Analytics Reader on the workspace: `plumb canary judge` counts requests there.
resource readsLogs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (deploys) {
  scope: workspace
  name: guid(workspace.id, name, 'deploy', roles.logReader)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.logReader)
    principalId: deployer.properties.principalId
    principalType: 'ServicePrincipal'
  }
}
