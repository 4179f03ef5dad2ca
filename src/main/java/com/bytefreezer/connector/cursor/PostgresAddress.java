package com.bytefreezer.connector.cursor;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Pattern;

/**
 * A store in a PostgreSQL database.
 *
 * @param url {@code jdbc:postgresql://…}, with the driver's own parameters
 * @param claimSeconds how long a claim lasts without a renewal; after that another replica may take it over
 */
record PostgresAddress(String url, Optional<String> username, Optional<String> password, int claimSeconds)
        implements StoreAddress {
    /** The only host of a URL, if it is one host; no host means this machine. */
    private static final Pattern LOOPBACK =
            Pattern.compile("^jdbc:postgresql:(//((localhost|127(\\.\\d{1,3}){3}|\\[::1])(:\\d+)?)?/[^/]*|[^/]*)$");

    private static final Pattern SEVERAL_HOSTS = Pattern.compile("^jdbc:postgresql://[^/]*,");

    @Override
    public String subject() {
        return url.replaceFirst("\\?.*", "");
    }

    @Override
    public Dialect dialect() {
        return Dialect.POSTGRESQL;
    }

    @Override
    public boolean mayExist() {
        return true;
    }

    @Override
    public Store open() {
        return PostgresStore.open(this);
    }

    @Override
    public Connection toRead() throws SQLException {
        return toWrite();
    }

    @Override
    public Connection toWrite() throws SQLException {
        Properties login = properties();
        username.ifPresent(name -> login.setProperty("user", name));
        password.ifPresent(secret -> login.setProperty("password", secret));
        Connection connection = DriverManager.getConnection(url, login);
        try (Statement statement = connection.createStatement()) {
            statement.execute(limits());
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /**
     * The driver's properties for each connection. A connection to another machine uses TLS, because it carries the
     * password, unless the URL sets {@code sslmode}.
     */
    Properties properties() {
        Properties properties = new Properties();
        if (!url.contains("sslmode=") && !LOOPBACK.matcher(url).find()) {
            properties.setProperty("sslmode", "require");
        }
        if (!url.contains("targetServerType=") && SEVERAL_HOSTS.matcher(url).find()) {
            // The first host that answers may be a standby.
            properties.setProperty("targetServerType", "primary");
        }
        if (!url.contains("prepareThreshold=")) {
            // Behind a pooler, each transaction may use another connection, without the prepared statements.
            properties.setProperty("prepareThreshold", "0");
        }
        properties.setProperty("ApplicationName", "bytefreezer-connector");
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("connectTimeout", "5");
        // Another program than PostgreSQL may answer the port.
        properties.setProperty("loginTimeout", "10");
        // A server that hangs counts as down.
        properties.setProperty("socketTimeout", String.valueOf(Math.max(10, claimSeconds)));
        return properties;
    }

    /** The first statement of each connection: a replica frozen in a transaction must not hold up the others. */
    String limits() {
        return "SET idle_in_transaction_session_timeout = '%1$ds'; SET lock_timeout = '%1$ds'".formatted(claimSeconds);
    }

    /** Without the password. */
    @Override
    public String toString() {
        return subject();
    }
}
