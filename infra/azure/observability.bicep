// Where logs and traces go, and the limit on the cost. Alerts and dashboards are in infra/monitoring, for Prometheus.

param name string
param location string
param logDays int
param monthlyBudget int
param budgetEmails array
param budgetStart string

// Like avm/res/operational-insights/workspace. `plumb canary judge` reads it (PLUMB_CANARY_WORKSPACE).
resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' = {
  name: '${name}-logs'
  location: location
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: logDays
    features: {
      // Identities only; nothing sends with the workspace's key.
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

// Like avm/res/insights/component. The exporter of PLUMB_TELEMETRY_AZURE_CONNECTION_STRING sends with the
// connection string alone, so local authentication stays on.
resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: '${name}-insights'
  location: location
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    IngestionMode: 'LogAnalytics'
    DisableLocalAuth: false
    RetentionInDays: 90
  }
}

// Like avm/res/consumption/budget.
resource budget 'Microsoft.Consumption/budgets@2024-08-01' = {
  name: '${name}-budget'
  properties: {
    category: 'Cost'
    amount: monthlyBudget
    timeGrain: 'Monthly'
    timePeriod: {
      startDate: budgetStart
    }
    notifications: {
      spent: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 80
        thresholdType: 'Actual'
        contactEmails: budgetEmails
      }
      expected: {
        enabled: true
        operator: 'GreaterThanOrEqualTo'
        threshold: 100
        thresholdType: 'Forecasted'
        contactEmails: budgetEmails
      }
    }
  }
}
