"""`register_plugin`: the same path for a plugin that is not installed."""

PREPARE = """
    import types
    from xpgrad.errors import PluginError
    from xpgrad.extend import OptimizerSpec, hookimpl, register_plugin
    from xpgrad.extend import registry

    def plugin(name, api=(1, 0), target="collections:OrderedDict"):
        module = types.ModuleType("notebook")
        module.XPGRAD_API = api
        @hookimpl
        def xpgrad_optimizers():
            return [OptimizerSpec(name, target)]
        module.xpgrad_optimizers = xpgrad_optimizers
        return module
"""


def test_what_is_registered_late_is_found(site):
    code = """
    register_plugin(plugin("Lion"))
    print(registry.optimizer("lion").__name__)
    print(registry.report()["plugins"][-1]["provenance"])
    """
    assert site.out(PREPARE + code).splitlines() == ["OrderedDict", "local:notebook"]


def test_registering_again_replaces(site):
    code = """
    register_plugin(plugin("Lion"))
    register_plugin(plugin("Lion", target="collections:Counter"))
    print(registry.optimizer("lion").__name__)
    """
    assert site.out(PREPARE + code, warn="error") == "Counter"


def test_a_refused_plugin_raises_and_leaves_nothing(site):
    code = """
    try:
        register_plugin(plugin("Lion", api=(9, 0)))
    except PluginError as error:
        print("interface 9.0" in str(error))
    print("Lion" in registry.optimizer_names())
    register_plugin(plugin("Lion"))
    print("Lion" in registry.optimizer_names())
    """
    assert site.out(PREPARE + code, warn="error").split() == ["True", "False", "True"]


def test_a_refused_replacement_leaves_the_old_one(site):
    code = """
    register_plugin(plugin("Lion"))
    try:
        register_plugin(plugin("Tiger", api=(9, 0)))
    except PluginError:
        print("Lion" in registry.optimizer_names(), "Tiger" in registry.optimizer_names())
    """
    assert site.out(PREPARE + code).split() == ["True", "False"]


def test_it_cannot_take_a_first_party_name(site):
    code = """
    register_plugin(plugin("Adam"))
    print(registry.report()["lost"][0]["reachable_as"])
    print(registry.optimizer("local:Adam").__name__)
    """
    done = site.run(PREPARE + code)
    assert done.stdout.splitlines() == ["local:Adam", "OrderedDict"]
    assert done.stderr.count("PluginWarning: ") == 1
