#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""nova_check.py DIR: does Nova itself take what vfio-mig nova writes?

DIR has, for each made-up host, HOST.yaml and HOST.conf. TAP.
"""

import os
import shutil
import sys
import tempfile

import nova.conf
from nova.compute import provider_config
from nova.pci import request, whitelist
from nova import exception

number = 0
failed = 0
work = sys.argv[1]


def tap(name, test):
    """One test: whatever it raises is a failure."""
    global number, failed
    number += 1
    try:
        right, log = test(), ''
    except Exception as error:  # pylint: disable=broad-except
        right, log = False, repr(error)
    failed += not right
    print('ok' if right else 'not ok', number, '-', name)
    if log:
        print('#', log.replace('\n', '\n# '))


def load(text):
    """What Nova's loader makes of a directory with this file alone."""
    directory = tempfile.mkdtemp()
    try:
        with open(directory + '/provider.yaml', 'w') as file:
            file.write(text)
        return provider_config.get_provider_configs(directory)
    finally:
        shutil.rmtree(directory)


def read(name):
    with open(os.path.join(work, name)) as file:
        return file.read()


def providers_are_right():
    found = load(read('mdevs.yaml'))
    traits = found['beta_pci_0000_84_00_0']['traits']['additional']
    return (set(found) == {'beta_pci_0000_84_00_0', '$COMPUTE_NODE'} and
            'CUSTOM_VFIO_MIG_BOCHS_VGPU_V1_1' in traits and
            'CUSTOM_VFIO_MIG_BOCHS_VGPU_V1_0' in traits)


def loader_refuses():
    """The tests are worth something only if it does."""
    try:
        load(read('mdevs.yaml').replace("'1.0'", '1.0'))
    except exception.ProviderConfigException:
        return True
    return False


def configure(name):
    conf = nova.conf.CONF
    conf.reset()
    conf([], default_config_files=[os.path.join(work, name)], project='nova')
    return conf


def specs_are_right():
    conf = configure('vendors.conf')
    specs = whitelist.Whitelist(conf.pci.device_spec).specs
    tags = [spec.get_tags() for spec in specs]
    return len(specs) == 6 and all(
        tag['live_migratable'] in ('yes', 'true') and
        tag['resource_class'].startswith('CUSTOM_') for tag in tags)


def aliases_are_right():
    configure('vendors.conf')
    aliases = request._get_alias_from_config()
    return len(aliases) == 6 and any(
        name.startswith('mlx5-15b3-101e-v1.0-') for name in aliases)


def types_are_right():
    conf = configure('mdevs.conf')
    nova.conf.devices.register_dynamic_opts(conf)
    group = getattr(conf, 'mdev_vgpu-16')
    return (conf.devices.enabled_mdev_types == ['vgpu-16'] and
            group.device_addresses == ['0000:84:00.0'] and
            group.mdev_class == 'CUSTOM_VFIO_BOCHS_VGPU')


def controller_is_right():
    conf = configure('vendors.controller')
    return (conf.filter_scheduler.pci_in_placement and
            len(request._get_alias_from_config()) == 6)


tap('Nova takes the providers of mdev types', providers_are_right)
tap('and a file without any', lambda: load(read('vendors.yaml')) == {})
tap('but not a version that is no string', loader_refuses)
tap('Nova takes device_spec', specs_are_right)
tap('Nova takes alias', aliases_are_right)
tap('Nova takes mdev types', types_are_right)
tap('Nova takes what is for its controllers', controller_is_right)
print(f'1..{number}')
sys.exit(1 if failed else 0)
