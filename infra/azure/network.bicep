// The virtual network: apps, private endpoints, and the agents of the pipeline.

param name string
param location string
param addressSpace string
param appsSubnet string
param endpointsSubnet string
param agentsSubnet string

// Like avm/res/network/network-security-group. Azure's own rules let the virtual network talk to itself and
// to Azure's services; these close what an endpoint never needs.
resource endpointRules 'Microsoft.Network/networkSecurityGroups@2026-03-01' = {
  name: '${name}-endpoints'
  location: location
  properties: {
    securityRules: [
      {
        name: 'from-the-network'
        properties: {
          description: 'Key Vault and registry, NFS, PostgreSQL, Redis.'
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: 'VirtualNetwork'
          sourcePortRange: '*'
          destinationAddressPrefix: endpointsSubnet
          destinationPortRanges: [
            '443'
            '2049'
            '5432'
            '10000'
          ]
        }
      }
      {
        name: 'nothing-else'
        properties: {
          priority: 4000
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

// Agents ask, and are never asked.
resource agentRules 'Microsoft.Network/networkSecurityGroups@2026-03-01' = {
  name: '${name}-agents'
  location: location
  properties: {
    securityRules: [
      {
        name: 'nothing-comes-in'
        properties: {
          priority: 4000
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

// Like avm/res/network/network-security-group. Container Apps needs its own traffic inside the subnet, and
// the load balancer's probes.
resource appRules 'Microsoft.Network/networkSecurityGroups@2026-03-01' = {
  name: '${name}-apps'
  location: location
  properties: {
    securityRules: [
      {
        name: 'https'
        properties: {
          priority: 100
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: appsSubnet
          destinationPortRange: '443'
        }
      }
      {
        name: 'load-balancer'
        properties: {
          priority: 110
          direction: 'Inbound'
          access: 'Allow'
          protocol: 'Tcp'
          sourceAddressPrefix: 'AzureLoadBalancer'
          sourcePortRange: '*'
          destinationAddressPrefix: appsSubnet
          destinationPortRange: '30000-32767'
        }
      }
      {
        name: 'between-apps'
        properties: {
          priority: 120
          direction: 'Inbound'
          access: 'Allow'
          protocol: '*'
          sourceAddressPrefix: appsSubnet
          sourcePortRange: '*'
          destinationAddressPrefix: appsSubnet
          destinationPortRange: '*'
        }
      }
      {
        name: 'nothing-else'
        properties: {
          priority: 4000
          direction: 'Inbound'
          access: 'Deny'
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

// Like avm/res/network/virtual-network.
resource network 'Microsoft.Network/virtualNetworks@2026-03-01' = {
  name: '${name}-network'
  location: location
  properties: {
    addressSpace: {
      addressPrefixes: [
        addressSpace
      ]
    }
    subnets: [
      {
        name: 'apps'
        properties: {
          addressPrefix: appsSubnet
          networkSecurityGroup: {
            id: appRules.id
          }
          delegations: [
            {
              name: 'container-apps'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: endpointsSubnet
          privateEndpointNetworkPolicies: 'NetworkSecurityGroupEnabled'
          networkSecurityGroup: {
            id: endpointRules.id
          }
        }
      }
      {
        name: 'agents'
        properties: {
          addressPrefix: agentsSubnet
          networkSecurityGroup: {
            id: agentRules.id
          }
        }
      }
    ]
  }
}

var zones = [
  'privatelink.vaultcore.azure.net'
  'privatelink.azurecr.io'
  'privatelink.file.${environment().suffixes.storage}'
  'privatelink.postgres.database.azure.com'
  'privatelink.redis.azure.net'
]

// Like avm/res/network/private-dns-zone.
resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = [for item in zones: {
  name: item
  location: 'global'
}]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [for (item, index) in zones: {
  parent: zone[index]
  name: '${name}-network'
  location: 'global'
  properties: {
    registrationEnabled: false
    virtualNetwork: {
      id: network.id
    }
  }
}]
