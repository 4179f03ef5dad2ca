import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** The answers of a connector on this machine over HTTP, within seconds. */
final class ConnectorAnswers {
    private ConnectorAnswers() {}

    static boolean isTroubled(int port) {
        return metric(port, "retrying") > 0 || metric(port, "failing") > 0 || metric(port, "dead_letters") > 0;
    }

    static double metric(int port, String name) {
        return body(port, "/metrics").orElse("").lines()
                .filter(line -> line.startsWith("bytefreezer_connector_" + name + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    static Optional<String> body(int port, String path) {
        try {
            HttpURLConnection connection = open(port, path);
            return Optional.of(
                    new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    static int readiness(int port) {
        try {
            return open(port, "/api/v1/ready").getResponseCode();
        } catch (IOException e) {
            return 0;
        }
    }

    private static HttpURLConnection open(int port, String path) throws IOException {
        HttpURLConnection connection = (HttpURLConnection)
                URI.create("http://127.0.0.1:%d%s".formatted(port, path)).toURL().openConnection();
        connection.setConnectTimeout(2000);
        connection.setReadTimeout(5000);
        return connection;
    }
}
