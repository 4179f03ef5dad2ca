package com.bytefreezer.connector.cage;

import com.bytefreezer.connector.cage.Wire.Action;
import com.bytefreezer.connector.cage.Wire.Request;
import com.bytefreezer.connector.problem.Problem.Kind;
import com.bytefreezer.connector.query.DuckDbException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.sql.Blob;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import javax.sql.rowset.serial.SerialBlob;
import org.jspecify.annotations.Nullable;

/**
 * The part of JDBC over a {@link Cell} that the connector uses; anything else throws {@link
 * UnsupportedOperationException}.
 */
final class CagedConnection implements InvocationHandler {
    private final Cell cell;
    private final int number;

    private CagedConnection(Cell cell, int number) {
        this.cell = cell;
        this.number = number;
    }

    static Connection of(Cell cell, int number) {
        return proxy(Connection.class, new CagedConnection(cell, number));
    }

    /** Its number in the cell. */
    static int number(Connection connection) {
        return ((CagedConnection) Proxy.getInvocationHandler(connection)).number;
    }

    @Override
    public @Nullable Object invoke(Object proxy, java.lang.reflect.Method method, Object @Nullable [] arguments)
            throws SQLException {
        return switch (method.getName()) {
            case "createStatement" -> proxy(Statement.class, new CagedStatement(this, ""));
            case "prepareStatement" ->
                proxy(PreparedStatement.class, new CagedStatement(this, (String) Objects.requireNonNull(arguments)[0]));
            case "close" -> {
                close(number);
                yield null;
            }
            default -> ofObject(method, proxy, arguments);
        };
    }

    /** What ended with its process is closed. */
    private void close(int target) throws SQLException {
        if (cell.isAlive()) {
            cell.ask(Action.CLOSE, target);
        }
    }

    private static final class CagedStatement implements InvocationHandler {
        private final CagedConnection connection;
        private final String prepared;
        private final List<@Nullable Object> values = new ArrayList<>();
        private @Nullable CagedRows rows;
        private @Nullable ResultSet result;

        private CagedStatement(CagedConnection connection, String prepared) {
            this.connection = connection;
            this.prepared = prepared;
        }

        @Override
        public @Nullable Object invoke(Object proxy, java.lang.reflect.Method method, Object @Nullable [] arguments)
                throws SQLException {
            String sql =
                    arguments != null && arguments.length > 0 && arguments[0] instanceof String text ? text : prepared;
            return switch (method.getName()) {
                case "execute" -> {
                    execute((Statement) proxy, sql);
                    yield result != null;
                }
                case "executeQuery" -> {
                    execute((Statement) proxy, sql);
                    yield Objects.requireNonNull(result);
                }
                case "getResultSet" -> result;
                case "setString", "setObject" -> {
                    values.add(Objects.requireNonNull(arguments)[1]);
                    yield null;
                }
                case "cancel" -> {
                    // A running statement ends with the cell, through the cell's owner.
                    if (rows != null) {
                        rows.cancelled = true;
                    }
                    yield null;
                }
                case "close" -> {
                    if (rows != null) {
                        rows.close();
                    }
                    yield null;
                }
                default -> ofObject(method, proxy, arguments);
            };
        }

        private void execute(Statement self, String sql) throws SQLException {
            List<@Nullable Object> given = new ArrayList<>(values);
            values.clear();
            CagedRows begun = connection.cell.ask(new Request(Action.EXECUTE, connection.number, sql, given), in -> {
                int number = in.readInt();
                int count = in.readInt();
                List<String> columns = new ArrayList<>();
                for (int i = 0; i < count; i++) {
                    columns.add(Wire.readText(in));
                }
                return new CagedRows(connection, number, columns, self);
            });
            rows = begun.number == 0 ? null : begun;
            result = begun.number == 0 ? null : proxy(ResultSet.class, begun);
        }
    }

    private static final class CagedRows implements InvocationHandler {
        private final CagedConnection connection;
        private final int number;
        private final List<String> columns;
        private final Statement statement;
        private List<Object[]> block = List.of();
        private int position = -1;
        private boolean ended;
        private boolean closed;
        private volatile boolean cancelled;

        private CagedRows(CagedConnection connection, int number, List<String> columns, Statement statement) {
            this.connection = connection;
            this.number = number;
            this.columns = columns;
            this.statement = statement;
        }

        @Override
        public @Nullable Object invoke(Object proxy, java.lang.reflect.Method method, Object @Nullable [] arguments)
                throws SQLException {
            return switch (method.getName()) {
                case "next" -> next();
                case "getObject" -> value(arguments);
                case "getString" -> text(value(arguments));
                case "getLong" -> number(value(arguments)).longValue();
                case "getInt" -> number(value(arguments)).intValue();
                case "getDouble" -> number(value(arguments)).doubleValue();
                case "getBoolean" -> Boolean.parseBoolean(text(value(arguments)));
                case "getBytes" -> (byte[]) value(arguments);
                case "getBlob" -> blob(value(arguments));
                case "getMetaData" ->
                    proxy(ResultSetMetaData.class, (self, asked, of) -> switch (asked.getName()) {
                        case "getColumnCount" -> columns.size();
                        case "getColumnLabel", "getColumnName" ->
                            columns.get((Integer) Objects.requireNonNull(of)[0] - 1);
                        default -> ofObject(asked, self, of);
                    });
                case "getStatement" -> statement;
                case "isClosed" -> closed;
                case "close" -> {
                    close();
                    yield null;
                }
                default -> ofObject(method, proxy, arguments);
            };
        }

        private boolean next() throws SQLException {
            if (cancelled) {
                throw new DuckDbException(Kind.INTERRUPTED, "Interrupted!");
            }
            position++;
            if (position >= block.size() && !ended) {
                block = connection.cell.ask(new Request(Action.FETCH, number, "", List.of()), in -> {
                    int count = in.readInt();
                    List<Object[]> read = new ArrayList<>();
                    for (int i = 0; i < count; i++) {
                        Object[] row = new Object[columns.size()];
                        for (int column = 0; column < row.length; column++) {
                            row[column] = Wire.readValue(in);
                        }
                        read.add(row);
                    }
                    return read;
                });
                position = 0;
                ended = block.isEmpty();
            }
            return position < block.size();
        }

        private void close() throws SQLException {
            if (!closed) {
                closed = true;
                connection.close(number);
            }
        }

        private @Nullable Object value(Object @Nullable [] arguments) {
            return block.get(position)[(Integer) Objects.requireNonNull(arguments)[0] - 1];
        }

        private static @Nullable String text(@Nullable Object value) {
            return value == null ? null : value.toString();
        }

        /** 0 for NULL, as in JDBC. */
        private static Number number(@Nullable Object value) {
            return value instanceof Number known ? known : Double.valueOf(value == null ? "0" : value.toString());
        }

        private static @Nullable Blob blob(@Nullable Object value) throws SQLException {
            return value == null ? null : new SerialBlob((byte[]) value);
        }
    }

    private static Object ofObject(java.lang.reflect.Method method, Object proxy, Object @Nullable [] arguments) {
        return switch (method.getName()) {
            case "equals" -> proxy == Objects.requireNonNull(arguments)[0];
            case "hashCode" -> System.identityHashCode(proxy);
            case "toString" -> proxy.getClass().getInterfaces()[0].getSimpleName() + " of a cell";
            default -> throw new UnsupportedOperationException(method.getName());
        };
    }

    private static <T> T proxy(Class<T> type, InvocationHandler handler) {
        return type.cast(
                Proxy.newProxyInstance(CagedConnection.class.getClassLoader(), new Class<?>[] {type}, handler));
    }
}
