// Who may pull from the registry, and who may push to it. A file of its own, since the registry may be in
// another resource group than the identities.

param registryName string
param identityNames array
param identityGroup string
param pusherName string

var roles = {
  pull: '7f951dda-4ed3-4680-a7ca-43fe172d538d'
  push: '8311e382-0749-4cb8-b61a-304f252e45ec'
}

resource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' existing = {
  name: registryName
}

resource puller 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = [for item in identityNames: {
  name: item
  scope: resourceGroup(identityGroup)
}]

resource pusher 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: empty(pusherName) ? 'none' : pusherName
  scope: resourceGroup(identityGroup)
}

// AcrPull: the platform pulls the images with the identities of service and worker.
resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = [for (item, index) in identityNames: {
  scope: registry
  name: guid(registry.id, identityGroup, item, roles.pull)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.pull)
    principalId: puller[index].properties.principalId
    principalType: 'ServicePrincipal'
  }
}]

// AcrPush: push-image.sh pushes, and reads the digest.
resource push 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(pusherName)) {
  scope: registry
  name: guid(registry.id, identityGroup, pusherName, roles.push)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.push)
    principalId: pusher.properties.principalId
    principalType: 'ServicePrincipal'
  }
}
