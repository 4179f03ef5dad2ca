package com.bytefreezer.connector.query;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a statement, many at a time. {@link #connection} gives them to camel-jdbc as if each block were a row whose
 * columns hold arrays: it makes a map of every row, which costs a twentieth of an export's time when rows are records.
 *
 * <p>Used by one thread at a time.
 */
interface Blocks extends AutoCloseable {
    /** Half of what DuckDB gives at once. */
    int ROWS = 1024;

    List<String> columns() throws SQLException;

    /** The values of each column of up to {@link #ROWS} rows; null after the last one. */
    Object @Nullable [][] next() throws SQLException;

    /** May be called again. */
    @Override
    void close() throws SQLException;

    /** Runs a statement. */
    interface Opener {
        Blocks open() throws SQLException;
    }

    /** Where a statement's rows come from: from its own {@code opener}, or from another one with the same text. */
    interface Source {
        Blocks open(String sql, Opener opener) throws SQLException;
    }

    /** A connection whose statements give a row for each block, and which holds nothing open but that. */
    static Connection connection(Source source, Reading reading) {
        return proxy(Connection.class, (proxy, method, arguments) -> switch (method.getName()) {
            case "createStatement" -> statement(source, reading);
            case "isClosed" -> false;
            case "close" -> null;
            default -> throw new UnsupportedOperationException(method.getName());
        });
    }

    /** Runs a statement and reads its rows. */
    interface Reading {
        Blocks of(String sql);
    }

    private static Statement statement(Source source, Reading reading) {
        Blocks[] blocks = new Blocks[1];
        return proxy(Statement.class, (proxy, method, arguments) -> switch (method.getName()) {
            case "execute" -> {
                String sql = (String) arguments[0];
                blocks[0] = source.open(sql, () -> reading.of(sql));
                // Says what is wrong with the statement.
                blocks[0].columns();
                yield true;
            }
            case "getResultSet" -> result(blocks[0], (Statement) proxy);
            case "isClosed" -> false;
            case "close" -> {
                if (blocks[0] != null) {
                    blocks[0].close();
                }
                yield null;
            }
            default -> throw new UnsupportedOperationException(method.getName());
        });
    }

    private static ResultSet result(Blocks blocks, Statement statement) {
        Object[][][] block = new Object[1][][];
        return proxy(ResultSet.class, (proxy, method, arguments) -> switch (method.getName()) {
            case "next" -> {
                block[0] = blocks.next();
                yield block[0] != null;
            }
            case "getObject" -> block[0][(Integer) arguments[0] - 1];
            case "getMetaData" -> metaData(blocks.columns());
            case "getStatement" -> statement;
            // It may be closed twice.
            case "isClosed" -> false;
            case "close" -> {
                blocks.close();
                yield null;
            }
            default -> throw new UnsupportedOperationException(method.getName());
        });
    }

    private static ResultSetMetaData metaData(List<String> columns) {
        return proxy(ResultSetMetaData.class, (proxy, method, arguments) -> switch (method.getName()) {
            case "getColumnCount" -> columns.size();
            case "getColumnLabel", "getColumnName" -> columns.get((Integer) arguments[0] - 1);
            case "getColumnType" -> Types.JAVA_OBJECT;
            default -> throw new UnsupportedOperationException(method.getName());
        });
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(Blocks.class.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
