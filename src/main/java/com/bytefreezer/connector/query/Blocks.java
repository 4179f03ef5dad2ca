package com.bytefreezer.connector.query;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A connection whose results have many rows in one: the value of a column is an array of the values of up to
 * {@value #ROWS} rows. camel-jdbc makes a map of every row, which costs a twentieth of an export's time when rows are
 * records; so it makes one of every block. A block is no more than what the driver has fetched already.
 */
final class Blocks {
    /** Half of what DuckDB gives at once. */
    private static final int ROWS = 1024;

    private Blocks() {}

    static Connection of(Connection connection) {
        return proxy(
                Connection.class,
                connection,
                (name, result) -> name.equals("createStatement") ? of((Statement) result) : result);
    }

    private static Statement of(Statement statement) {
        return proxy(
                Statement.class,
                statement,
                (name, result) -> name.equals("getResultSet") ? of((ResultSet) result) : result);
    }

    private static ResultSet of(ResultSet rows) throws SQLException {
        Reader reader = new Reader(rows);
        InvocationHandler handler = (proxy, method, arguments) -> switch (method.getName()) {
            case "next" -> reader.next();
            case "getObject" -> reader.block((Integer) arguments[0]);
            case "getMetaData" -> of(rows.getMetaData());
            default -> call(rows, method, arguments);
        };
        return proxy(ResultSet.class, handler);
    }

    private static ResultSetMetaData of(ResultSetMetaData columns) {
        // Of a BLOB camel-jdbc would ask for a Blob.
        return proxy(
                ResultSetMetaData.class,
                (proxy, method, arguments) -> method.getName().equals("getColumnType")
                        ? Types.JAVA_OBJECT
                        : call(columns, method, arguments));
    }

    private interface Wrapping {
        Object of(String method, Object result) throws SQLException;
    }

    private static <T> T proxy(Class<T> type, T wrapped, Wrapping wrapping) {
        return proxy(type, (proxy, method, arguments) -> {
            Object result = call(wrapped, method, arguments);
            return result == null ? null : wrapping.of(method.getName(), result);
        });
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(Proxy.newProxyInstance(Blocks.class.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private static @Nullable Object call(Object target, Method method, Object @Nullable [] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause() == null ? e : e.getCause();
        }
    }

    /** Collects rows. Used by one thread at a time. */
    private static final class Reader {
        private final ResultSet rows;
        private final int columns;
        private Object[][] block = {};

        private Reader(ResultSet rows) throws SQLException {
            this.rows = rows;
            columns = rows.getMetaData().getColumnCount();
        }

        private boolean next() throws SQLException {
            Object[][] next = new Object[columns][ROWS];
            int count = 0;
            while (count < ROWS && rows.next()) {
                next[0][count] = rows.getBytes(1);
                for (int column = 1; column < columns; column++) {
                    next[column][count] = rows.getObject(column + 1);
                }
                count++;
            }
            if (count < ROWS) {
                for (int column = 0; column < columns; column++) {
                    next[column] = Arrays.copyOf(next[column], count);
                }
            }
            block = next;
            return count > 0;
        }

        private Object[] block(int column) {
            return block[column - 1];
        }
    }
}
