path "secret/data/ml/*" { capabilities = ["read", "list"] }
path "sys/*" {
  capabilities = ["read"]
}
