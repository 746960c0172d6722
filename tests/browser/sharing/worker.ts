import '@triplit/client/worker-client-operator';
