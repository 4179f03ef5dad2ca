import java.lang.instrument.Instrumentation;

/** Stands in for the server's own agent, which is not published: hands the virtual machine to its entitlements. */
public class EntitlementAgent {
    public static void agentmain(String initialization, Instrumentation instrumentation) throws Exception {
        Class.forName(initialization)
                .getMethod("initialize", Instrumentation.class)
                .invoke(null, instrumentation);
    }
}
