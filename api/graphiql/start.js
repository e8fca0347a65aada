const url = new URL("/graphql", location);
const subscriptionUrl = new URL(url);
subscriptionUrl.protocol = url.protocol.replace("http", "ws");
const fetcher = GraphiQL.createFetcher({ url: url.href, subscriptionUrl: subscriptionUrl.href });
const page = React.createElement(GraphiQL, { fetcher, defaultEditorToolsVisibility: true });
ReactDOM.createRoot(document.getElementById("graphiql")).render(page);
