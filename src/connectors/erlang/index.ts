export * from './terms/index';
