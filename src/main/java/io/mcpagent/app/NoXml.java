package io.mcpagent.app;

import com.oracle.svm.core.annotate.Delete;
import com.oracle.svm.core.annotate.TargetClass;

/**
 * Keeps the JDK's XML parser out of the native executable, eight megabytes of it: the extension for AWS clients asks for it, whichever they are,
 * and those of ours, DynamoDB and Secrets Manager, speak JSON. What STS says is read by {@link StsXml}.
 */
final class NoXml {

    private NoXml() {}

    @Delete
    @TargetClass(className = "com.sun.xml.internal.stream.XMLInputFactoryImpl")
    static final class Input {}

    @Delete
    @TargetClass(className = "com.sun.xml.internal.stream.XMLOutputFactoryImpl")
    static final class Output {}
}
